"""The access to a cluster: an API key, and the authorities that sign its certificate."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr


@dataclass(frozen=True)
class Access:
    """`api_key` is encoded, base64 of `id:key`; without `ca_certs` (a PEM file) public authorities are trusted."""

    api_key: SecretStr | None = None
    ca_certs: Path | None = None

    @property
    def authorization(self) -> dict[str, str]:
        """The header with the key, if there is one."""
        return {"Authorization": f"ApiKey {self.api_key.get_secret_value()}"} if self.api_key else {}

    @property
    def of_client(self) -> dict[str, Any]:
        """The arguments of an Elasticsearch client besides the URL."""
        return self._named("api_key", "ca_certs")

    @property
    def of_twin(self) -> dict[str, str]:
        """The twins' own variables for the same."""
        return self._named("LAB_ES_API_KEY", "LAB_ES_CA_CERTS")

    def tls(self) -> ssl.SSLContext:
        """The context for clients of HTTPS. Raises OSError when the file can't be used."""
        return ssl.create_default_context(cafile=self.ca_certs)

    def _named(self, api_key: str, ca_certs: str) -> dict[str, str]:
        key = {api_key: self.api_key.get_secret_value()} if self.api_key else {}
        return key | ({ca_certs: str(self.ca_certs)} if self.ca_certs else {})


OPEN = Access()
"""The access to a cluster that needs neither."""

UNKNOWN_AUTHORITY = "name the file of the authority that signed it (PEM) by ES_CA_CERTS= or SSL_CERT_FILE"
"""The fix for a certificate that is not trusted."""
