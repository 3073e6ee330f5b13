// purpose: whether the database can be written to, and why not
SHOW DATABASES YIELD name, access, currentStatus, statusMessage
WHERE name = $name
RETURN access, currentStatus, statusMessage
