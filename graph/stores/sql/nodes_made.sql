-- purpose: which of the ids just given were used
SELECT id FROM nodes WHERE id >= :first AND id < :beyond
