"""Errors of sandboxed jobs, in the words of whoever queues them."""

from dataclasses import dataclass
from typing import Final

from kg.errors import EssKgError, JobError, JobOverload, JobTimeout, JobTooLarge
from kg.sandbox.limits import MEGABYTE, JobLimits


@dataclass(frozen=True)
class JobErrors:
    """Builder of the errors that one kind of job ends in.

    The texts name the job as its visitors know it ("the check"). Jobs whose errors are answered in
    another way on the web override the methods.
    """

    english: str = "the job"
    french: str = "le traitement"
    advice: str = "do it in smaller parts"
    french_advice: str = "procédez par parties plus petites"
    full: str = "too many jobs are running and waiting"
    french_full: str = "trop de traitements sont en cours ou en attente"

    def start_failure(self) -> EssKgError:
        """The process of a job did not start."""
        return JobError(
            f"{self.english} cannot be started; the reason is in the log of the server",
            f"{self.french} ne peut pas démarrer ; la raison est dans le journal du serveur",
        )

    def timeout(self, limits: JobLimits) -> EssKgError:
        """A job used up its time."""
        return JobTimeout(
            f"{self.english} did not end within {limits.seconds:g} seconds; {self.advice}",
            f"{self.french} n'a pas fini en {limits.seconds:g} secondes ; {self.french_advice}",
        )

    def too_large(self, limits: JobLimits, resource: str) -> EssKgError:
        """A job went beyond its limit of a resource: `memory` or `disk`."""
        megabytes = (limits.memory if resource == "memory" else limits.disk) // MEGABYTE
        if resource == "memory":
            return JobTooLarge(
                f"{self.english} needs more than {megabytes:,} MB of memory; {self.advice}",
                f"{self.french} demande plus de {megabytes} Mo de mémoire ; {self.french_advice}",
            )
        return JobTooLarge(
            f"{self.english} writes more than {megabytes:,} MB; {self.advice}",
            f"{self.french} écrit plus de {megabytes} Mo ; {self.french_advice}",
        )

    def no_processor(self, limits: JobLimits) -> EssKgError:
        """A job used up its time because the machine gave it no processor."""
        return JobOverload(
            f"the server is busy: {self.english} waited for a processor most of its "
            f"{limits.seconds:g} seconds; the file is not the cause, try again in a few minutes",
            f"le serveur est occupé : {self.french} a attendu un processeur presque tout le temps "
            f"({limits.seconds:g} secondes) ; le fichier n'y est pour rien, réessayez dans "
            "quelques minutes",
        )

    def overload(self) -> EssKgError:
        """There is no place in the queue."""
        return JobOverload(
            f"{self.full}; try again in a minute", f"{self.french_full} ; réessayez dans une minute"
        )

    def crash(self, name: str) -> EssKgError:
        """A job raised an unexpected error, given by its class name."""
        return JobError(
            f"{self.english} stopped on an error of this server ({name}), which was logged",
            f"une erreur de ce serveur ({name}) a interrompu {self.french} ; elle a été notée",
        )

    def death(self, code: int) -> EssKgError:
        """The process of a job ended without an answer."""
        return JobError(
            f"the process of the job ended ({code})",
            f"le processus du traitement s'est arrêté ({code})",
        )


JOB_ERRORS: Final = JobErrors()
