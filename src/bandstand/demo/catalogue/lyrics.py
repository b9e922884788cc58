"""The words of the songs: for each song the number of a section and its lines, one for every two bars."""

from __future__ import annotations

Words = tuple[tuple[int, tuple[str, ...]], ...]

PLATFORM_NINE: Words = (
    (
        1,
        (
            "You bought a ticket to the end of the line",
            "I held the door and I said I'd be fine",
            "A paper cup and the clock overhead",
            "I learned by heart all the words you never said",
        ),
    ),
    (
        2,
        (
            "Northbound, northbound, carry me through",
            "Every light that we pass is a light without you",
            "Northbound, northbound, hum in the wire",
            "Keep me awake till the sky is on fire",
        ),
    ),
    (4, ("Northbound, northbound, carry me through", "I was halfway to morning when I thought of you")),
)

CARRIER_WAVE: Words = (
    (
        1,
        (
            "There's a voice between the stations",
            "There's a song beneath the snow",
            "I have turned the dial to nowhere",
            "And it tells me where to go",
        ),
    ),
    (
        2,
        (
            "Be my carrier wave",
            "Take the little that I gave",
            "Lift it over every border",
            "Bring it home to where you stay",
        ),
    ),
    (4, ("Be my carrier wave", "Over mountains, over graves", "Bring me home to where you stay")),
)

DEAD_AIR: Words = (
    (
        1,
        (
            "I said some shit on the radio",
            "I thought the red light was off",
            "Now half the town knows how you go",
            "And the other half heard me cough",
        ),
    ),
    (
        2,
        (
            "Dead air, dead air",
            "Thirty seconds of who gives a damn",
            "Dead air, dead air",
            "That's the realest goddamn thing I am",
        ),
    ),
    (3, ("So play the tape and sell the chair",)),
    (4, ("There's no one there, just dead air",)),
)

FIRST_LIGHT: Words = (
    (
        1,
        (
            "Nobody told the birds to wait",
            "Nobody told the kettle to be slow",
            "You wrote my name on a breakfast plate",
            "And drew a window for the sun to know",
        ),
    ),
    (
        2,
        (
            "Oh, first light, go easy on me",
            "I've been a long time coming round to see",
            "First light, come in as you are",
            "You don't have to be a star",
        ),
    ),
    (4, ("First light, come in as you are", "You never had to be a star")),
)

MEIA_LUZ: Words = (
    (
        1,
        (
            "Fecha a janela devagar",
            "Deixa um pedaço do mar",
            "Meia-luz na sala, meia canção",
            "Meia palavra na palma da mão",
        ),
    ),
    (
        2,
        (
            "E se a noite perguntar por nós",
            "Diz que a gente ficou sem voz",
            "Que o relógio dormiu no sofá",
            "E a lua entrou pra sambar",
        ),
    ),
)

CAFE: Words = (
    (
        1,
        (
            "Café das seis, pão na mesa",
            "O rádio baixo, que beleza",
            "A rua volta do trabalho",
            "E eu te espero no atalho",
        ),
    ),
    (
        2,
        (
            "Fica um pouquinho mais",
            "O mundo sabe esperar",
            "Quem tem pressa não é capaz",
            "De ver o açúcar derreter no ar",
        ),
    ),
    (4, ("Fica um pouquinho mais", "O mundo sabe esperar", "Deixa a louça em paz", "Vem ver o açúcar derreter no ar")),
)
