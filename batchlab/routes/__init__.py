"""Routes: the ways to turn a batch of files into calls. To add one, add its file and name it here."""

from batchlab.routes.blobs import Blobs
from batchlab.routes.contents import Contents
from batchlab.routes.protocol import Outcome, Price, Route, Send, UnsuitableError, WantedFile

ROUTES: dict[str, Route] = {route.name: route for route in (Blobs(), Contents())}

__all__ = ["ROUTES", "Outcome", "Price", "Route", "Send", "UnsuitableError", "WantedFile"]
