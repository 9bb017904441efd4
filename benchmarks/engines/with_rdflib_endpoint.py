"""rdflib-endpoint over oxrdflib, on the store of a release that `STORE` names."""

import os

import pyoxigraph as ox
from oxrdflib import OxigraphStore
from rdflib import Graph
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib_endpoint import SparqlEndpoint

store = OxigraphStore(store=ox.Store.read_only(os.environ["STORE"]))
app = SparqlEndpoint(graph=Graph(store=store, identifier=DATASET_DEFAULT_GRAPH_ID), path="/")
