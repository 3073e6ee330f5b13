"""From a finding to a decision: alerts, cases, decisions by two, appeals, and the trail of who did what."""
