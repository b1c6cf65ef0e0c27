"""What reading one mail may cost."""


class Budget:
    """Processor time that the files of one mail share, in seconds."""

    def __init__(self, cpu_s: float) -> None:
        self._left_s = cpu_s

    @property
    def is_spent(self) -> bool:
        return self._left_s <= 0

    def spend(self, cpu_s: float) -> None:
        """Count what a file took, be it more than was left."""
        self._left_s -= cpu_s
