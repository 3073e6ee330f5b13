-- purpose: remember which ids were given
UPDATE meta SET value = ? WHERE name = 'next_id'
