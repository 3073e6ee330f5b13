"""Who may do what in the dashboard: login, roles, and the one table of permissions."""
