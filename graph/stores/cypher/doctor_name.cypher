// purpose: name of the database, also where the URL names none
CALL db.info() YIELD name
RETURN name
