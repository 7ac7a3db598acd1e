"""What the merchant asked for, sentence by sentence: one test for each requirement about customers, by its number.

Everything is done as a merchant does it: a configuration file, the command line, and people who buy in the shop or come
to the counter. Everything is judged by what the shop and the back office have in their own files then.
"""
