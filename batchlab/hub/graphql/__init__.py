"""GitHub's GraphQL API over a world: a subset of its schema, its costs and its errors."""
