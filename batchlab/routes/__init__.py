"""Routes: the ways to turn a batch of files into calls. To add one, add its file and name it here."""

from batchlab.routes.blobs import Blobs
from batchlab.routes.contents import Contents
from batchlab.routes.graphql import GraphQL
from batchlab.routes.protocol import Outcome, Price, Route, Send, UnsuitableError, WantedFile
from batchlab.routes.raw import Raw
from batchlab.routes.tarball import Tarball

ROUTES: dict[str, Route] = {route.name: route for route in (Blobs(), Contents(), GraphQL(), Tarball(), Raw())}

__all__ = ["ROUTES", "Outcome", "Price", "Route", "Send", "UnsuitableError", "WantedFile"]
