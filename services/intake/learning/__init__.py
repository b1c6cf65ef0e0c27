"""Learning a form that somebody else made: from a blank PDF and a few words about it, a template.

`survey` opens the blank in the contained child and says what stands where; `fields` reads what
staff wrote about it; `place` brings the two together. `services.intake.learn` is the flow.
"""
