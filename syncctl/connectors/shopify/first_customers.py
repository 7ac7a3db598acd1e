"""The customers who changed last, that came in the same answer as the first page of orders."""

from syncctl.connectors.shopify.answers import Answer


class FirstCustomers:
    """What is known of a reading of customers that the caller has announced (`WebStore.expect_customers`)."""

    def __init__(self) -> None:
        self._expected = False
        self._cursor: str | None = None
        self._answer: Answer | None = None

    def expect(self, cursor: str | None) -> None:
        """They will be asked for with this cursor, right after the next orders."""
        self._expected, self._cursor, self._answer = True, cursor, None

    @property
    def wanted(self) -> bool:
        """Whether they may come with the next page of orders."""
        return self._expected and self._answer is None

    def keep(self, answer: Answer) -> None:
        """The answer that they came in: `customers` in its data, as `order_documents.orders` asks for them."""
        self._answer = answer

    def take(self, cursor: str | None) -> Answer | None:
        """That answer, once; None where they were expected for another cursor, or have not come."""
        answer = self._answer if self._expected and cursor == self._cursor else None
        self._expected, self._answer = False, None
        return answer
