"""Contract `customer_support`: tickets that are classified, listed by filters, and imported from files."""
