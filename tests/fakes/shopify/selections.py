"""Documents made from a schema: everything that can be asked of a type, to see that it is all answered."""

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type, is_required_argument

ARGUMENTS = {"quantities": '(names: ["available", "on_hand", "committed"])'}
"""How a field is asked that needs arguments, beside pages, of which the first five are asked."""


def everything(schema: GraphQLSchema, type_name: str, deep: int = 3) -> str:
    """Every field of a type, and of what these give too, so deep. Fields that need other arguments are out."""
    found = schema.type_map[type_name]
    assert isinstance(found, GraphQLObjectType), type_name
    parts = [_asked(schema, name, field, deep) for name, field in found.fields.items()]
    return f"{{ {' '.join(part for part in parts if part)} }}"


def _asked(schema: GraphQLSchema, name: str, field: object, deep: int) -> str:
    args = field.args  # type: ignore[attr-defined]  # a GraphQLField
    kind = get_named_type(field.type)  # type: ignore[attr-defined]
    told = ARGUMENTS.get(name, "(first: 5)" if "first" in args else "")
    if not told and any(is_required_argument(each) for each in args.values()):
        return ""
    if is_leaf_type(kind):
        return name + told
    if deep == 0 or not isinstance(kind, GraphQLObjectType):
        return ""
    inner = everything(schema, kind.name, deep - 1)
    return f"{name}{told} {inner}" if inner != "{  }" else ""
