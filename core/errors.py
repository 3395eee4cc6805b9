"""The exception tree.

    AssayError                  exit 1: the data, the settings or a service is at fault
    ├── DataError               a file, table or record does not say what it should
    │   ├── ContractError       a table breaks its contract
    │   └── CodebookError       a codebook contradicts itself
    ├── SettingsError           assay.toml or an option has a value that cannot be used
    ├── WorkspaceError          a folder, key, lock or disk is missing or unusable
    ├── ServiceError            a model server, database or annotation server did not do its part
    └── MissingExtraError       an optional package is needed and absent

Each message says what was wanted, what came, and what to do. Foreign exceptions are translated where they arise,
chained with ``from``, and never carry chat text, raw ids or credentials.
"""


class AssayError(Exception):
    """Something a user can put right. The command line prints the message and exits with 1."""

    exit_code = 1


class DataError(AssayError):
    """A file, table or record does not say what it should."""


class ContractError(DataError):
    """A table breaks its contract."""


class CodebookError(DataError):
    """A codebook contradicts itself."""


class SettingsError(AssayError):
    """A setting or an option has a value that cannot be used."""


class WorkspaceError(AssayError):
    """A folder, key, lock or disk is missing or unusable."""


class ServiceError(AssayError):
    """A model server, database or annotation server did not do its part."""


class MissingExtraError(AssayError):
    """An optional package is needed and absent."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. Install it with: "
            f"pip install 'assay[{extra}]'"
        )
