-- purpose: when commits were made
SELECT seq, recorded_at FROM commits WHERE seq BETWEEN :first AND :pin
