-- purpose: the commit that the text index has come to
SELECT value FROM meta WHERE name = 'indexed'
