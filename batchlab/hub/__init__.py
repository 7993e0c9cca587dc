"""The embedded GitHub: a world of repositories served as GitHub would, in process or on a socket.

It knows GitHub and nothing of the engine that reads from it.
"""
