"""Where people look at findings: the Streamlit application."""
