from __future__ import annotations

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bandstand.store.accounts.rules import same_address


class UserManager(BaseUserManager["User"]):
    """Makes users; a user without a password is a guest: an account nobody has claimed yet."""

    def create_user(self, email: str, password: str | None = None, **facts: object) -> User:
        user = self.model(email=same_address(email), **facts)
        user.set_password(password)
        if password and user.claimed_at is None:
            user.claimed_at = user.joined_at
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: object) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=same_address(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person here, known by an e-mail address. Grants, tickets and receipts hang on it, claimed or not."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # what tickets and logs may show
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=12, blank=True)
    preferred_format = models.CharField(max_length=40, blank=True)  # a recipe's slug: what they buy is made ready in it
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)  # none: a guest who bought without an account

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        permissions = [("mail_user", "Can have the way in mailed to a user")]
        constraints = [models.CheckConstraint(condition=~Q(email=""), name="user_has_an_address")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_guest(self) -> bool:
        """Whether nobody has set a password for this account yet."""
        return self.claimed_at is None


class SignIn(models.Model):
    """One browser that is signed in, as its owner sees it in the list. It is over when its session is."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # within five minutes
    address = models.CharField(max_length=45)
    agent = models.CharField(max_length=200)

    class Meta:
        ordering = ["-seen_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.user} since {self.begun_at:%Y-%m-%d %H:%M}"


class SpentCode(models.Model):
    """A code or challenge that has let somebody in: it does so once, whoever sends it again, however quickly."""

    key = models.CharField(max_length=100, unique=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
