"""What is asked of customers, and what is written of them, as GraphQL documents."""

from collections.abc import Sequence

from syncctl.connectors.shopify.cost import weight
from syncctl.connectors.shopify.customer_fragments import ADDRESS, ADDRESSES, CUSTOMER, CUSTOMER_COST
from syncctl.connectors.shopify.documents import Document, registered

MOST_FIELDS = 40
"""Fields of one mutation."""

_PROBLEMS = "userErrors { field message }"
_CODED = "userErrors { field message code }"
_MUTATIONS = {
    "customerCreate": ("input: CustomerInput!", f"customer {{ id }} {_PROBLEMS}"),
    "customerUpdate": ("input: CustomerInput!", f"customer {{ id }} {_PROBLEMS}"),
    "customerAddressCreate": (
        "customerId: ID!, address: MailingAddressInput!, setAsDefault: Boolean",
        f"address {{ id }} {_PROBLEMS}",
    ),
    "customerAddressUpdate": (
        "customerId: ID!, addressId: ID!, address: MailingAddressInput!, setAsDefault: Boolean",
        f"address {{ id }} {_PROBLEMS}",
    ),
    "customerUpdateDefaultAddress": ("customerId: ID!, addressId: ID!", f"customer {{ id }} {_PROBLEMS}"),
    "tagsAdd": ("id: ID!, tags: [String!]!", f"node {{ id }} {_PROBLEMS}"),
    "tagsRemove": ("id: ID!, tags: [String!]!", f"node {{ id }} {_PROBLEMS}"),
    "customerEmailMarketingConsentUpdate": (
        "input: CustomerEmailMarketingConsentUpdateInput!",
        f"customer {{ id }} {_CODED}",
    ),
    "customerSmsMarketingConsentUpdate": (
        "input: CustomerSmsMarketingConsentUpdateInput!",
        f"customer {{ id }} {_CODED}",
    ),
    "customerSendAccountInviteEmail": ("customerId: ID!", f"customer {{ id }} {_CODED}"),
}


@registered
def customers(first: int) -> Document:
    """A page of customers, in the order of `sort`. Variables: `first` (the same number), `after`, `sort`, `reverse`."""
    return Document(
        name="customers",
        text=f"""
query customers($first: Int!, $after: String, $sort: CustomerSortKeys!, $reverse: Boolean!) {{
  customers(first: $first, after: $after, sortKey: $sort, reverse: $reverse) {{
    nodes {{ ...customer }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{ADDRESS}{CUSTOMER}""",
        cost=2 + CUSTOMER_COST * weight(first),
        size=first,
        rows=("customers", "nodes"),
        apart=True,
    )


@registered
def some_customers(ids: int, emails: int, phones: int) -> Document:
    """Customers by id, e-mail address and phone number, each exactly. Variables: `ids`, `email0` …, `phone0` …

    Data: `nodes`, null for an id that is nobody's; and by the name of each variable whom it is of, or null.
    """
    asked = [*((f"email{one}", "emailAddress") for one in range(emails))]
    asked += [*((f"phone{one}", "phoneNumber") for one in range(phones))]
    variables = ["$ids: [ID!]!"] * bool(ids) + [f"${name}: String!" for name, _ in asked]
    fields = ["nodes(ids: $ids) { ...customer }"] * bool(ids)
    fields += [
        f"{name}: customerByIdentifier(identifier: {{ {key}: ${name} }}) {{ ...customer }}" for name, key in asked
    ]
    return Document(
        name="a look-up of customers",
        text=f"query found({', '.join(variables)}) {{ {' '.join(fields)} }}\n{ADDRESS}{CUSTOMER}",
        cost=CUSTOMER_COST * (ids + emails + phones),
        size=ids + emails + phones,
    )


@registered
def books(ids: int) -> Document:
    """The tags and address books of so many customers, null for one who is not there. Variables: `ids`."""
    return Document(
        name="address books",
        text=f"""
query books($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Customer {{
      id firstName lastName tags defaultAddress {{ id }}
      addressesV2(first: {ADDRESSES}) {{ nodes {{ ...address }} pageInfo {{ hasNextPage }} }}
    }}
  }}
}}
{ADDRESS}""",
        cost=(1 + 2 + weight(ADDRESSES)) * ids,
        size=ids,
    )


@registered
def change(fields: Sequence[str]) -> Document:
    """These mutations, one after the other, as `m0`, `m1` … Variables: `m0_input` …, by the names of arguments."""
    variables, selections = [], []
    for number, field in enumerate(fields):
        arguments, selection = _MUTATIONS[field]
        typed = [one.split(": ") for one in arguments.split(", ")]
        variables += [f"$m{number}_{name}: {kind}" for name, kind in typed]
        passed = ", ".join(f"{name}: $m{number}_{name}" for name, _ in typed)
        selections.append(f"m{number}: {field}({passed}) {{ {selection} }}")
    return Document(
        name="a change of customers",
        text=f"mutation change({', '.join(variables)}) {{ {' '.join(selections)} }}",
        cost=10 * len(fields),
        size=len(fields),
        apart=True,
    )
