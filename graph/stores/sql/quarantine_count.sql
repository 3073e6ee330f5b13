-- purpose: number of rows that were refused
SELECT count(*) FROM quarantine
