"""A table as a queue of jobs, from which several take."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from session_conformance import Account, Condition, Database, question

JOBS = range(1, 7)


def take(session: Session) -> Account | None:
    """Take the first job that nobody else has locked."""
    query = select(Account).order_by(Account.id).limit(1).with_for_update(skip_locked=True)
    return session.scalars(query).first()


def finish(session: Session, job: Account) -> None:
    """Strike the job off, and commit."""
    session.delete(job)
    session.commit()


@question(
    "pessimistic-locking.queue-by-skip-locked",
    "Three Sessions take jobs from a table by skip_locked at the same time: who gets what?",
    answers={
        "each-its-own": "Each takes a job of its own at once; every job is done once.",
        "some-wait": "Some wait for others; every job is done once.",
        "some-go-empty": "Some find no job, though there are more than Sessions.",
        "some-refused": "Each takes a job of its own; some are refused when they finish it.",
        "twice": "Two are given the same job.",
    },
    docs="API Select.with_for_update",
    needs=("select_for_update",),
)
def test_queue_by_skip_locked(db: Database, condition: Condition) -> None:
    db.given(*(Account(id=number, owner=f"job {number}", balance=0) for number in JOBS))

    with db.together("T1", "T2", "T3", condition=condition) as workers:
        taken_twice = False
        for _ in range(2):
            steps = [worker.does(take) for worker in workers]
            jobs = [step.value.id for step in steps if step.value is not None]
            taken_twice |= len(set(jobs)) < len(jobs)
            for worker, step in zip(workers, steps, strict=True):
                if step.value is not None:
                    worker.does(finish, step.value)

    left = [job.id for job in db.stored(Account)]
    if taken_twice:
        db.answer("twice")
    elif any(worker.errors for worker in workers):
        db.tell(left=len(left))
        db.answer("some-refused")
    elif any(worker.waited for worker in workers):
        db.answer("some-wait")
    else:
        db.answer("some-go-empty" if left else "each-its-own")
