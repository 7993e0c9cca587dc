"""Made-up manifests and lockfiles, one module a family of ecosystems.

Every generator takes a `Project` and returns bytes by file name; what they return parses as its format.
"""
