"""The casebook's database: its tables, its migrations, and transactions that write the audit trail themselves."""
