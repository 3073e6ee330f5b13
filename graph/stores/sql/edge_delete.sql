-- purpose: end a relationship
DELETE FROM edges WHERE slot = :slot AND at = :at AND other = :other AND ref = :ref
