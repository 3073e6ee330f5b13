-- purpose: current rows of posts
SELECT * FROM posts WHERE id IN (SELECT value FROM json_each(:ids))
