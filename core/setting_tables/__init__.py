"""The tables of assay.toml, one module a stage; `core.settings` puts them together."""
