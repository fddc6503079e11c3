"""AWS's API over HTTP: the server, the checks of requests, and errors in each service's form."""
