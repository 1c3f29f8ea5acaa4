"""Conformance suite for the SQLAlchemy ORM Session."""
