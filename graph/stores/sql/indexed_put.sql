-- purpose: remember the commit that the text index has come to
UPDATE meta SET value = ? WHERE name = 'indexed'
