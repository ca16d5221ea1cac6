"""Run many studies, or one question for many authorities: plan, work, reduce."""
