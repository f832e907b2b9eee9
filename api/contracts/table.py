"""All contracts there are, by the name under which an operator serves them."""

from collections.abc import Mapping

from api.contracts import basic
from api.contracts.contract import Contract
from api.contracts.customer_support import contract as customer_support
from api.contracts.healthcare import table as healthcare

CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract for contract in (basic.CONTRACT, customer_support.CONTRACT, healthcare.CONTRACT)
}
