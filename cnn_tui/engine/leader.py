"""The trainer of the process that leads: it tells the others what it does."""

from cnn_tui.engine import team as words
from cnn_tui.engine.checkpoint import Checkpoint, encode_checkpoint
from cnn_tui.engine.train_rows import TrainRow
from cnn_tui.engine.trainer import Trainer
from cnn_tui.runs.events import Value


class LeadingTrainer(Trainer):
    """A trainer that others follow, each with one of its own, bit for bit.

    All of its methods raise TrainingError if one of them is lost.
    """

    def update(self) -> bool:
        """Makes the next update, with all others."""
        self.team.tell(words.Update(lr=self.rates.at(self.step + 1)))
        return super().update()

    def skip(self) -> None:
        """Passes over the next update."""
        self.team.tell(words.Skip())
        super().skip()

    def read_out(self) -> list[TrainRow]:
        """Returns the rows since the last call."""
        self.team.tell(words.ReadOut())
        return super().read_out()

    def load_state_dict(self, checkpoint: Checkpoint) -> None:
        """Goes to the state of a checkpoint."""
        content = encode_checkpoint(checkpoint)
        self.team.tell(words.Load(size=len(content)), content)
        super().load_state_dict(checkpoint)

    def set_optimizer_value(self, name: str, value: Value) -> None:
        """Sets a hyperparameter of the optimizer, from the next update on."""
        self.team.tell(words.SetValue(name=name, value=value))
        super().set_optimizer_value(name, value)
