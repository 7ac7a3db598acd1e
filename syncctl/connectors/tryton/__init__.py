"""Tryton as a back office: an open ERP, reached over its own JSON-RPC. It is never imported."""
