"""The JSON documents that the tests of the schemas look at: commands, and the files that they read."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from avs_coverage.commands import main_program

LISTED = """\
id;nom;type;statut;code_insee;siege;zone;longitude;latitude;communes_desservies;qpv_desservis;agrement_debut;agrement_fin;acf;acf_debut;ps_jeunes;ps_jeunes_debut;itinerant;gestionnaire;population_zone;capacite;note;source;nom_connu
A;Alpha;CS;;03185;;;2.6;46.34;03185|03101;QP003001;2015;;oui;2016;oui;2017-09-01;non;commune;45000;60;sûr;site;oui
B;Beta;CS;;03310;;;;;03310|03095|15014;QP003003|QP063001;2019;30/06/2021;;;non;;oui;;;40;;;
C;Gamma;CS;;03310;deduit;partielle;;;03310;;01/07/2021;;non;;;;;;900;;;;
D;Delta;EVS;;03095;;estimee;;;03095;QP003002;01/09/2020;;;;;;;;;20;;;
E;Epsilon;EVS;;03138;;;;;;;2030;;;;;;;;;;;;non
F;Zeta;EVS;a_confirmer;03048;;;;;;;;;;;;;;;;;;;
G;Eta;CS;;;inconnu;;;;;;;;;;;;;;;30;;;
H;Theta;CS;;03190;;;3.333;46.567;;QP003004;;;;;;;;;;;;;
I;Iota;EVS;;15014;;;;;03190;;;;;;;;;;;;;;
J;Kappa;CS;;15101;;;;;15101;;;;;;;;;;;;;;
total;;;;;;;;;;;;;;;;;;;;;;;
"""
"""Allier: Montluçon 03185, Domérat 03101, Vichy 03310, Cusset 03095, Lapalisse 03138, Moulins 03190."""

FILES = {
    "liste.csv": LISTED,
    "avant.csv": "id;nom;type;code_insee;communes_desservies\nA;Alpha;CS;03185;03185\nZ;Zêta;EVS;03310;03310\n",
    "zones.csv": "structure;commune\nA;03190\n",
    "indicateurs.csv": "code_insee;enfants;densite;taux_x\n03185;5000;urbain;s\n03310;nd;urbain;12,5\n03095;7;rural;3\n",
    "population.csv": "code_insee;population\n" + "03185;34000\n",
    "temps.csv": "origine;destination;minutes\n03185;A;4\n03101;A;14\n03190;A;\n03310;C;3\n99999;A;3\n",
    "chiffres.csv": "indicateur;valeur;annee;qualificatif;territoire\n"
    "nb_cs;5;2022;;\nnb_cs_acf;6;2022;;\npct_communes_cs;12,5;2022;environ;\nnb_cs;9;2022;;creuse\n"
    "hab_communes_cs;900000;2022;;\nnb_qpv;8;2022;moins_de;\n",
    "groupes.csv": "code_insee;CTG\n03185;Montluçon\n99999;ailleurs\n",
    "fautes.csv": "nom;type;code_insee\n" + "Maison;xx;99999\n" * 150,
    "note.txt": "rien d'un tableau",
}
