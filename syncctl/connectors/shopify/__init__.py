"""A Shopify shop as a web store, over its GraphQL Admin API."""
