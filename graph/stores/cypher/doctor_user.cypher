// purpose: who asks
SHOW CURRENT USER YIELD user
RETURN user
