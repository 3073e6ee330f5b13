// purpose: settings of the server
SHOW SETTINGS YIELD name, value
WHERE name IN $names
RETURN name, value
