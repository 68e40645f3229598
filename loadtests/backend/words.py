"""The words of the seeded corpus, by part of speech. Order is rank: the first word of a list is its most frequent one.

What the grammar in `loadtests.backend.corpus` relies on: an entry is one word; nouns and verbs inflect regularly; a
noun or adjective that begins with a vowel letter also begins with a vowel sound, so that "a" and "an" follow from
spelling.
"""

from __future__ import annotations


def plural(noun: str) -> str:
    """The plural of a regular noun; the third person of a regular verb is made alike."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if _ends_in_consonant_y(noun) else f"{noun}s"


def past(verb: str) -> str:
    """The past tense of a regular verb that doubles no letter."""
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{verb[:-1]}ied" if _ends_in_consonant_y(verb) else f"{verb}ed"


def gerund(verb: str) -> str:
    """The -ing form of a regular verb that doubles no letter."""
    return f"{verb[:-1]}ing" if verb.endswith("e") else f"{verb}ing"


def _ends_in_consonant_y(word: str) -> bool:
    return word.endswith("y") and word[-2] not in "aeiou"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _joined(starts: str, ends: str) -> tuple[str, ...]:
    """Every start with every end, ordered so that neighbours in rank share neither."""
    first, last = _words(starts), _words(ends)
    return tuple(start + last[(n + shift) % len(last)] for shift in range(len(last)) for n, start in enumerate(first))


PEOPLE = _words("""
    daughter brother teacher sister captain doctor stranger farmer widow baker gardener painter sailor soldier traveller
    student rival neighbour merchant orphan scholar printer clockmaker shepherd carpenter musician librarian lawyer
    detective inspector astronomer pilot engineer miller weaver tailor potter ranger hunter knight prince emperor
    servant nurse poet novelist singer dancer actor sculptor composer cousin uncle aunt nephew grandmother grandfather
    apprentice blacksmith bookseller botanist builder butcher cartographer chemist cook courier diver driver editor
    explorer outlaw forester gambler geologist glassblower governor guard guide healer hermit historian innkeeper
    inventor jeweller journalist judge juggler keeper locksmith magician mapmaker mason mathematician mayor mechanic
    messenger miner monk navigator notary organist philosopher photographer physicist pianist pilgrim pirate playwright
    postmaster professor puppeteer ringmaster rower saddler schoolboy secretary sheriff smuggler stationmaster steward
    surgeon surveyor swimmer tinker translator treasurer trumpeter tutor twin umpire vagabond villager violinist
    volunteer waiter wanderer warden watchmaker wizard zoologist
""")

THINGS = _words("""
    letter secret story map song book key door machine picture ship diary lantern clock promise mirror garden ring
    photograph manuscript window bridge boat candle fire journey treasure tree stone coat crown box riddle painting
    message wall bell coin feather flag flute fortune drum necklace notebook piano portrait puzzle recipe ribbon rope
    shadow signal sketch statue suitcase sword table telescope ticket tower trunk violin wagon weapon whistle wheel word
    account acorn album almanac anchor apple archive arrow atlas auction balloon banner barrel basket beacon bicycle
    blanket blueprint bottle bracelet branch brooch broom brush bucket button cabinet cable camera canal canoe card
    carpet carriage cart case catalogue cathedral chain chair chart chest chimney cipher circle circus cloak cloud code
    collection colour comet compass concert contract costume cradle crate crystal cup curtain dagger dance desk device
    diamond dictionary document dream dress egg elm emblem engine envelope equation experiment fable fan fence festival
    fiddle film flower forgery formula fossil fountain fragment frame gate ghost gift glove goblet grave guitar hammer
    harp harvest hat helmet horn hourglass instrument invention island jar jewel joke journal jug kettle kite ladder
    lamp lamppost ledger legend lens lighthouse locket loom magnet mask medal melody memoir meteor microscope mill
    mosaic motor mural myth necktie needle net newspaper novel nut oath ocean opera oracle orchard orchestra organ oven
    package page palace parade parcel parchment passage passport pebble pen pencil pendant petal pigeon pillow pipe plan
    planet plate play pocket poem postcard potion prize promontory quarrel quill quilt radio raft railway rainbow record
    relic reward robe rocket rose rumour sail saddle sapphire scale scroll sculpture seal seashell seed shawl shield
    shoe silk skeleton sledge sleeve spade spell spoon stamp star stairway string submarine sum symphony tapestry tent
    theorem thread throne timetable token tool torch toy train trap tray treaty trumpet tunnel typewriter umbrella urn
    vase veil vessel vow voyage watch whirlpool wreath
""")

SCENES = _words("""
    house town village city river forest harbour school road sea mountain market island valley street station library
    museum theatre castle garden inn hotel kitchen court palace farm chapel cathedral coast desert lake hospital
    workshop prison attic cellar orchard meadow moor marsh mill mine monastery abbey academy airfield alley arena avenue
    bakery ballroom bank barn basement bay beach boathouse border bookshop bridge camp campus canal canyon capital
    cavern circus clearing clinic cliff cloister colony corridor cottage courtyard cove crossing crossroad dock district
    dungeon embassy empire estate factory fairground ferry field fishery fjord foundry fortress frontier gallery
    garrison gorge grove hall hamlet headland heath hill hillside hollow hut inlet jungle kingdom laboratory lagoon lane
    lighthouse lodge mansion manor mansard nursery observatory office outpost parish park pass pasture pavilion
    peninsula pier plain planet plateau port province quarry quay ranch reef region republic reservoir ridge ruin
    sanctuary sanatorium shipyard shop shore shrine square stable steppe strait stream studio suburb summit swamp tavern
    temple terrace territory tower trench tundra vineyard ward warehouse waterfall winery woodland yard zoo
""")

IDEAS = _words("""
    love time war silence memory power truth friendship courage death freedom grief hope honour justice loyalty music
    revenge trust faith beauty wisdom ambition art betrayal childhood desire duty fate fear forgiveness greed guilt
    happiness history innocence jealousy joy kindness knowledge language laughter law luck magic marriage mercy money
    nature patience peace poetry pride reason regret science shame sleep solitude sorrow success survival weather winter
    work youth absence ancestry anger architecture belonging boredom bravery chance chaos charity comedy commerce
    compassion conscience craft curiosity darkness deceit defeat devotion dignity discovery doubt education elegance
    envy escape exile failure fame family fashion folklore fortitude gossip gratitude gravity healing heritage
    homesickness humility hunger illness imagination industry influence inheritance ingenuity instinct intrigue
    invention irony isolation leisure literature logic longing loneliness madness mathematics medicine mischief modesty
    motherhood mourning mystery navigation nobility nostalgia obedience obsession optimism order parenthood perseverance
    philosophy piety politics poverty privacy progress prophecy prosperity protest punishment rebellion recovery
    redemption refuge rivalry romance rhythm sacrifice serenity scholarship simplicity sincerity skill splendour
    superstition suspicion sympathy temptation tenderness tradition treason triumph vanity victory virtue wealth wonder
    zeal
""")

ADJECTIVES = _words("""
    old young small lost great strange long quiet dark little secret famous ancient new forgotten hidden bright brave
    broken clever cold deep distant empty faithful final fragile gentle golden grand gifted happy heavy hungry lonely
    mysterious narrow patient perfect poor powerful proud rare reluctant restless rich royal sad silent silver simple
    stubborn sudden tall tired troubled unlikely unfinished wild wise abandoned absent accidental adventurous ageless
    ambitious amber amiable amusing angry anxious ardent artful ashen austere autumnal awkward bare barren bashful
    battered bewildered bitter black bleak blue bold borrowed bountiful brazen brief brilliant brisk brittle bronze
    burning bustling calm candid capable careful careless celebrated charming cheerful childless civil classic clumsy
    coastal colourful common complicated copper cosy crafty crimson crooked crowded cruel curious dangerous daring
    dazzling deceptive delicate delightful desperate determined devoted difficult dignified diligent disgraced divided
    dreamy dusty eager early earnest eccentric elaborate elderly elegant elusive emerald enchanted endless energetic
    enormous eternal evasive exiled exotic faded faint false fearless fearsome feeble feverish fierce fiery flawed
    fleeting flooded foreign foolish fortunate frantic free frosty frozen frugal fugitive gallant generous ghostly giant
    glad gloomy glorious graceful gracious grateful grave greedy green grim grumpy guilty handsome hardy harmless harsh
    haunted hasty homeless hopeful hostile humble humorous icy idle illustrious immense imperfect imperial impossible
    impatient impulsive independent infamous ingenious innocent inquisitive invisible ironic ivory jealous jolly joyful
    jubilant keen kind late lavish lawless lazy legendary lively lofty loud loyal lucky luminous magical magnetic
    majestic marvellous meek melancholy merciful merry mighty mild mischievous modest moonlit mortal muddy musical
    mystical naive nameless neglected nervous nimble noble noisy nomadic northern obedient obscure odd ominous ordinary
    orphaned outspoken overgrown pale peaceful peculiar pensive perilous persistent petty picturesque pious plain
    playful poetic polite practical precious pretty private prudent puzzled quaint quarrelsome quick radiant ragged
    rainy rebellious reckless remarkable remote resourceful respected righteous roaming robust romantic rough ruined
    runaway rural rustic ruthless sacred scarlet scattered scholarly scientific sentimental serene serious severe shabby
    shallow sharp shimmering shy sincere skilful sleepless slender sly smooth snowy solemn solitary sombre southern
    sparkling spirited splendid starlit stern stormy stranded subtle sunken sunlit superb surly suspicious swift
    talented talkative tame tangled tender terrible thoughtful timid tiny tireless tranquil treacherous tropical trusted
    truthful turbulent twisted unbroken uncertain uneasy unexpected unknown unseen unspoken unwilling upright urban
    urgent vain valiant vanished vast velvet vengeful vibrant victorious vigilant violet vivid wandering warm wary
    watchful wayward weary weathered whimsical wicked winding windswept wintry witty wooden worldly worn worthy wounded
    wry yellow youthful zealous
""")

ADVERBS = _words("""
    slowly never finally quietly secretly soon suddenly always often almost nearly gladly bravely boldly calmly
    carefully carelessly cheerfully cleverly coldly constantly curiously daily deeply deliberately desperately eagerly
    easily elegantly endlessly eventually faithfully fearlessly fiercely firmly foolishly forever frankly freely
    frequently gently gracefully gradually happily hastily helplessly honourably hopefully humbly idly immediately
    instantly joyfully kindly knowingly lately loudly lovingly loyally luckily merrily mildly narrowly nervously nightly
    nobly obediently oddly openly painfully partly patiently peacefully perfectly playfully politely promptly proudly
    publicly quickly rapidly rarely readily really recklessly reluctantly repeatedly sadly safely seldom selflessly
    seriously sharply shyly silently simply skilfully solemnly steadily sternly strangely stubbornly swiftly tenderly
    thoroughly tirelessly truly unexpectedly unwillingly vainly vividly warmly weekly wildly willingly wisely yearly
""")

VERBS = _words("""
    discover follow save remember protect uncover open explore search change love fear guard paint visit restore collect
    deliver destroy repair return recover reveal imagine study betray defend describe inherit solve trace watch abandon
    accept accompany admire adopt adore alter answer approach arrange assemble attack avoid balance banish bewitch
    borrow bury capture carry carve catalogue celebrate challenge charm chase cherish claim clean climb colour command
    compare complete conceal conquer consider consult copy count covet cross crush cure damage decorate dedicate delay
    demand deny depict deserve design desire despise detect devour direct disguise dismantle display disturb divide
    doubt dread embrace encounter endanger enjoy enter envy erase escort exchange examine excavate expect expose finish
    fix force forge frame gather govern grasp greet guess guide haunt help hunt identify ignore illustrate improve
    inspect inspire invade invent investigate invite judge justify kindle lament lift limit list locate loot lure mark
    master measure memorise mend mention miss mock mourn move name navigate need neglect notice nurture obey observe
    obtain offer order outlast outlive outsmart overlook owe own pack photograph pity poison polish ponder possess
    praise preserve produce provoke publish punish purchase pursue puzzle question raise ransom recall receive recognise
    reconsider record redeem refuse regain reject relish remove rename renounce replace rescue resist respect retrace
    reward ruin sabotage safeguard sample scatter scorn sculpt secure select serve shape share shelter sketch smuggle
    spare startle steer support surprise surrender survey suspect sustain tame target taste tempt test threaten toss
    touch trade train translate transport trust unearth unlock unmask unveil value warn wash weigh welcome witness wound
""")

GIVEN_NAMES = _words("""
    Clara Thomas Anna Samuel Ruth Daniel Elena Martin Iris Peter Nora Henry Alice Victor Rosa Julian Maya Oscar Lydia
    Felix Agnes Hugo Esther Simon Ingrid Arthur Leila Walter Judith Marcus Amara Edmund Beatrice Tobias Celia Conrad
    Dora Emil Edith Frank Flora Gabriel Greta George Hannah Hassan Helena Isaac Imogen Ivan Irene Jasper Jane Joseph
    Josephine Karim Katherine Kenji Laura Leon Louisa Lucas Mabel Magnus Marina Matteo Matilda Miguel Mina Nathan Nadia
    Nicholas Odette Oliver Olive Omar Paula Paul Phoebe Philip Priya Rafael Rebecca Ravi Rosalind Robert Sabine Rufus
    Salma Sebastian Selma Silas Sofia Stefan Stella Theo Susanna Timothy Sylvia Vincent Tamara Wilfred Teresa William
    Una Xavier Valerie Yusuf Vera Zachary Violet Adrian Wilma Albert Winifred Anton Yara Benedict Yvonne Caleb Zelda
    Chen Zora Cyril Adela Dimitri Bella Edgar Bianca Elias Camille Ezra Cora Finn Delphine Gideon Eleanor Harold
""")

SURNAMES = _joined(
    """
    Mar Hal Pen Ash Bel Car Dun El Far Gren Har Kel Lan Mel Nor Or Pel Rad Sel Tal Wil Win Ald Brad Cal Dal Ever Fen
    Gar Hol Kirk Lang Mor New Oak Red Stan Thorn Under Wal
    """,
    """
    low wick den worth ley man son well more ridge by shaw croft field ford gate hart land lock mere mont ner quist
    ross stead stone ton vale ward wood
    """,
)

PLACES = _joined(
    """
    North Stone Ash Black Clay Dun East Fair Green Haver Iron King Lang Mill Nether Oak Port Queens Raven South Thorn
    Under Wester White Alder Amber Bridge Bright Brook Cold Copper Cross Deep Elder Fal Fox Glen Gold Hart Haw High
    Holly Kes Lark Lin Lower Maple Marsh Mist Moss New Otter Penn Pine Rose Rush Salt Sand Silver Star Stow Swan Tarn
    Wether Wind Winter Wolf Yar
    """,
    """
    ford haven bury wick field ton mouth ham port dale ley bridge water worth stead combe hill gate cliff wood mere moor
    by thorpe minster brook cross well marsh den fell garth holm hurst land low ness pool ridge side stow street vale
    view way
    """,
)

GENRES = (
    "Mystery",
    "Fantasy",
    "Romance",
    "Science Fiction",
    "History",
    "Adventure",
    "Biography",
    "Literary Fiction",
    "Travel",
    "Poetry",
    "Science",
    "Philosophy",
)

TAGS = _words("""
    family friendship journeys war love nature sea letters islands cities music winter secrets politics art
    coming-of-age rivals ghosts animals borders childhood cooking crime detectives dragons empires exile explorers
    fables farming folklore food forests gardens growing-up heists humour identity inventions law libraries lighthouses
    magic maps marriage medicine memory migration mountains myths navigation night painting parents pirates plague
    prophecy puzzles railways rebellion revenge rivers robots royalty ruins sailors schools science siblings small-towns
    society space spies sport storms summer survival theatre time-travel trade translation treasure trials twins
    villages voyages weather wilderness women-in-history work
""")
