// purpose: posts without a row are stubs
UNWIND $ids AS k
MATCH (p:Post {key: k})
SET p:Stub
REMOVE p.account, p.created_at, p.kind, p.parent, p.text, p.lang, p.tickers, p.links, p.hashtags, p.row, p.seq, p.digest,
       p.words
