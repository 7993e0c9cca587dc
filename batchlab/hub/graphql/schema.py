"""The part of GitHub's GraphQL schema that the embedded GitHub serves; names, types and arguments are GitHub's own.

References
----------
https://docs.github.com/en/graphql/reference
"""

from __future__ import annotations

from functools import cache

from graphql import GraphQLSchema, build_schema

_SDL = """
scalar DateTime
scalar GitObjectID
scalar URI

type Query {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  organization(login: String!): Organization
  rateLimit: RateLimit
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
  repositoryOwner(login: String!): RepositoryOwner
}

type RateLimit {
  cost: Int!
  limit: Int!
  nodeCount: Int!
  remaining: Int!
  resetAt: DateTime!
  used: Int!
}

interface Node { id: ID! }

interface RepositoryOwner {
  id: ID!
  login: String!
  repositories(
    after: String, before: String, first: Int, last: Int, isArchived: Boolean, isFork: Boolean
  ): RepositoryConnection!
  url: URI!
}

type Organization implements Node & RepositoryOwner {
  databaseId: Int
  id: ID!
  login: String!
  repositories(
    after: String, before: String, first: Int, last: Int, isArchived: Boolean, isFork: Boolean
  ): RepositoryConnection!
  url: URI!
}

type PageInfo {
  endCursor: String
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
}

type RepositoryConnection {
  nodes: [Repository]
  pageInfo: PageInfo!
  totalCount: Int!
}

type RefConnection {
  nodes: [Ref]
  pageInfo: PageInfo!
  totalCount: Int!
}

type Language implements Node {
  id: ID!
  name: String!
}

type Repository implements Node {
  createdAt: DateTime!
  databaseId: Int
  defaultBranchRef: Ref
  description: String
  diskUsage: Int
  id: ID!
  isArchived: Boolean!
  isEmpty: Boolean!
  isFork: Boolean!
  isPrivate: Boolean!
  name: String!
  nameWithOwner: String!
  object(expression: String, oid: GitObjectID): GitObject
  owner: RepositoryOwner!
  primaryLanguage: Language
  pushedAt: DateTime
  ref(qualifiedName: String!): Ref
  refs(after: String, before: String, first: Int, last: Int, refPrefix: String!): RefConnection
  updatedAt: DateTime!
  url: URI!
}

type Ref implements Node {
  id: ID!
  name: String!
  prefix: String!
  repository: Repository!
  target: GitObject
}

interface GitObject {
  abbreviatedOid: String!
  id: ID!
  oid: GitObjectID!
  repository: Repository!
}

type Commit implements GitObject & Node {
  abbreviatedOid: String!
  committedDate: DateTime!
  id: ID!
  oid: GitObjectID!
  repository: Repository!
  tree: Tree!
}

type Tree implements GitObject & Node {
  abbreviatedOid: String!
  entries: [TreeEntry!]
  id: ID!
  oid: GitObjectID!
  repository: Repository!
}

type Blob implements GitObject & Node {
  abbreviatedOid: String!
  byteSize: Int!
  id: ID!
  isBinary: Boolean
  isTruncated: Boolean!
  oid: GitObjectID!
  repository: Repository!
  text: String
}

type TreeEntry {
  mode: Int!
  name: String!
  object: GitObject
  oid: GitObjectID!
  path: String
  repository: Repository!
  size: Int!
  type: String!
}
"""


@cache
def served_schema() -> GraphQLSchema:
    """Return the schema, built once."""
    return build_schema(_SDL)
