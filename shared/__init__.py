"""What the three services share: identifiers, events, and the few mechanisms they all stand on."""
