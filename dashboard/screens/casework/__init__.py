"""Parts of the screens of casework."""
