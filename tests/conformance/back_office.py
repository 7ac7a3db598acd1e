"""What every back-office connector must do. Subclass it, say how to reach one, and pass all of it.

A test is skipped where an ability is missing, never for a name. The suite acts on the other side through `Vendor`: the
sandbox's `Office` is one; a fake server or a file exchange brings its own.
"""

from tests.conformance.back_office_customers import Customers
from tests.conformance.back_office_documents import Documents
from tests.conformance.back_office_kit import Runs, Vendor, document, line, merged
from tests.conformance.back_office_readings import Readings

__all__ = ["BackOfficeConformance", "Runs", "Vendor", "document", "line", "merged"]


class BackOfficeConformance(Documents, Readings, Customers):
    """Subclasses give `start_vendor` and `connect`; pages should be small (three records) so that there are several."""
