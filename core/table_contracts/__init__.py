"""The contracts of the tables, one class a table; `core.contracts` puts them together."""
