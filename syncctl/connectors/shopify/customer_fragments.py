"""What is asked of a customer and of a postal address, wherever one stands: as GraphQL fragments.

`CUSTOMER` needs `ADDRESS` beside it in a document; each stands in a document once. An order's customer is asked for as
much as a customer alone is, so that an order says of its buyer what the record itself says. The costs are those of one
record, as the vendor counts.
"""

NAMESPACE, KEY = "syncctl", "reference"
"""The metafield under which a customer that we made carries our name for it."""

ADDRESS = """
fragment address on MailingAddress {
  id
  firstName
  lastName
  company
  address1
  address2
  city
  province
  provinceCode
  zip
  countryCodeV2
  phone
}
"""
ADDRESS_COST = 0

ADDRESSES = 50
"""How many addresses of a customer are read. Who has more is not read at all: which of them come is not known."""

CUSTOMER = f"""
fragment customer on Customer {{
  id
  firstName
  lastName
  defaultEmailAddress {{ emailAddress marketingState marketingOptInLevel marketingUpdatedAt }}
  defaultPhoneNumber {{ phoneNumber marketingState marketingOptInLevel marketingUpdatedAt }}
  defaultAddress {{ id }}
  addressesV2(first: {ADDRESSES}) {{ nodes {{ ...address }} pageInfo {{ hasNextPage }} }}
  tags
  note
  state
  taxExempt
  createdAt
  updatedAt
  reference: metafield(namespace: "{NAMESPACE}", key: "{KEY}") {{ value }}
}}
"""
CUSTOMER_COST = 13
