// purpose: the server's time, in ms since 1970
RETURN datetime.realtime().epochMillis
