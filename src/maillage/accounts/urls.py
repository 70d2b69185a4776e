"""Addresses of signing in and of accounts."""

from django.urls import path

from maillage.accounts.views import account, agents, joining, people, signing

urlpatterns = [
    path("connexion/", signing.sign_in, name="login"),
    path("connexion/second-facteur/", signing.second_factor, name="second_factor"),
    path("connexion/cle/", signing.passkey_sign_in, name="passkey_sign_in"),
    path("connexion/cle/question/", signing.passkey_options, name="passkey_options"),
    path("connexion/agent/", agents.agents, name="agents"),
    path("connexion/agent/retour/", agents.agents_return, name="agents_return"),
    path("deconnexion/", signing.sign_out, name="logout"),
    path("invitation/<str:token>/", joining.invitation, name="invitation"),
    path("espace/confirmer/", signing.step_up, name="step_up"),
    path("espace/compte/", account.account, name="account"),
    path("espace/compte/facteur/", account.factor_add, name="factor_add"),
    path("espace/compte/facteur/application/", account.totp_add, name="totp_add"),
    path("espace/compte/facteur/cle/", account.passkey_add, name="passkey_add"),
    path(
        "espace/compte/facteur/cle/question/",
        account.passkey_new_options,
        name="passkey_new_options",
    ),
    path("espace/compte/facteur/<int:pk>/retirer/", account.factor_remove, name="factor_remove"),
    path("espace/compte/codes/", account.recovery_codes, name="recovery_codes"),
    path("espace/compte/mot-de-passe/", account.password_change, name="password_change"),
    path("espace/compte/sessions/", account.sessions_end, name="sessions_end"),
    path("espace/comptes/", people.accounts, name="accounts"),
    path("espace/comptes/inviter/", people.invite, name="invite"),
    path("espace/comptes/lien/<str:uid>/", people.invitation_link, name="invitation_link"),
    path(
        "espace/comptes/lien/<str:uid>/retirer/",
        people.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path("espace/comptes/<int:pk>/prolonger/", people.membership_renew, name="membership_renew"),
    path("espace/comptes/<int:pk>/terminer/", people.membership_end, name="membership_end"),
    path("espace/comptes/<int:pk>/facteurs/", people.factors_reset, name="factors_reset"),
    path("espace/comptes/<int:pk>/mot-de-passe/", people.password_reset, name="password_reset"),
]
