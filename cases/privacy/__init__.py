"""Who may be shown what: marks on cases, personal data in texts, and cases read by people outside."""
