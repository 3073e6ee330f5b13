"""What tells promotion from people who talk about the same thing: texts, targets, engagement, referrals, newness."""
